"""Translations of common words, to measure alignments of German and English with."""

from __future__ import annotations

__all__ = ["PAIRS"]

_LIST = """
haus=house jahr=year zeit=time tag=day monat=month woche=week stunde=hour minute=minute nacht=night morgen=morning
wasser=water feuer=fire erde=earth luft=air licht=light stein=stone holz=wood eisen=iron gold=gold silber=silver
baum=tree wald=forest berg=mountain fluss=river meer=sea see=lake insel=island küste=coast tal=valley wüste=desert
sonne=sun mond=moon stern=star himmel=sky wolke=cloud regen=rain schnee=snow wind=wind eis=ice sturm=storm mann=man
frau=woman kind=child kinder=children vater=father mutter=mother sohn=son tochter=daughter bruder=brother
schwester=sister könig=king königin=queen kaiser=emperor fürst=prince präsident=president minister=minister
richter=judge soldat=soldier bauer=farmer lehrer=teacher schüler=student arzt=physician arzt=doctor priester=priest
bischof=bishop papst=pope mönch=monk künstler=artist maler=painter dichter=poet stadt=city dorf=village land=country
staat=state reich=empire grenze=border hauptstadt=capital straße=street straße=road brücke=bridge schloss=castle
kirche=church tempel=temple schule=school universität=university krankenhaus=hospital bahnhof=station hafen=port
hafen=harbour flughafen=airport krieg=war frieden=peace schlacht=battle armee=army waffe=weapon schwert=sword
sieg=victory niederlage=defeat feind=enemy freund=friend buch=book brief=letter wort=word sprache=language
schrift=script geschichte=history roman=novel gedicht=poem zeitung=newspaper bibliothek=library musik=music lied=song
oper=opera tanz=dance bild=picture film=film theater=theatre theater=theater spiel=game spieler=player mannschaft=team
trainer=coach meisterschaft=championship turnier=tournament stadion=stadium ball=ball pferd=horse hund=dog katze=cat
vogel=bird fisch=fish schlange=snake wolf=wolf löwe=lion bär=bear kuh=cow schaf=sheep schwein=pig insekt=insect
biene=bee blume=flower pflanze=plant blatt=leaf wurzel=root frucht=fruit samen=seeds gras=grass weizen=wheat reis=rice
brot=bread milch=milk fleisch=meat wein=wine bier=beer zucker=sugar salz=salt kaffee=coffee tee=tea apfel=apple ei=egg
kopf=head hand=hand auge=eye augen=eyes ohr=ear mund=mouth nase=nose herz=heart blut=blood haut=skin knochen=bone
gehirn=brain körper=body krankheit=disease tod=death leben=life geburt=birth seele=soul gott=god teufel=devil rot=red
blau=blue grün=green schwarz=black weiß=white gelb=yellow groß=large groß=big klein=small alt=old neu=new jung=young
lang=long kurz=short hoch=high tief=deep schnell=fast langsam=slow stark=strong schwach=weak warm=warm kalt=cold
heiß=hot gut=good schlecht=bad schön=beautiful reich=rich arm=poor tot=dead wichtig=important eins=one zwei=two
drei=three vier=four fünf=five sechs=six sieben=seven acht=eight neun=nine zehn=ten montag=monday sonntag=sunday
januar=january februar=february märz=march mai=may juni=june juli=july oktober=october dezember=december
deutschland=germany frankreich=france italien=italy spanien=spain österreich=austria schweiz=switzerland
russland=russia griechenland=greece türkei=turkey ägypten=egypt deutsch=german französisch=french englisch=english
italienisch=italian spanisch=spanish russisch=russian römisch=roman griechisch=greek jüdisch=jewish
christlich=christian physik=physics chemie=chemistry biologie=biology mathematik=mathematics philosophie=philosophy
wissenschaft=science theorie=theory zahl=number gleichung=equation beweis=proof energie=energy kraft=force
geschwindigkeit=speed geschwindigkeit=velocity temperatur=temperature druck=pressure gewicht=weight länge=length
masse=mass welle=wave atom=atom geld=money preis=price bank=bank handel=trade markt=market fabrik=factory arbeit=work
arbeiter=worker arbeiter=workers unternehmen=company gesetz=law recht=right gericht=court polizei=police
verbrechen=crime gefängnis=prison regierung=government wahl=election partei=party parlament=parliament schiff=ship
boot=boat zug=train auto=car flugzeug=aircraft flugzeug=airplane rad=wheel motor=engine maschine=machine
computer=computer rechner=computer osten=east westen=west norden=north süden=south nordwesten=northwest
südosten=southeast links=left rechts=right oben=above unten=below und=and oder=or aber=but nicht=not mit=with
ohne=without für=for gegen=against zwischen=between unter=under ist=is war=was hat=has wird=will kann=can muss=must
gehen=go kommen=come sehen=see sprechen=speak schreiben=write lesen=read essen=eat trinken=drink kaufen=buy
bauen=build spielen=play sterben=die lernen=learn finden=find
"""

PAIRS: tuple[tuple[str, str], ...] = tuple(
    (german, english) for german, _, english in (pair.partition("=") for pair in _LIST.split())
)
"""A German word may have several partners."""
