"""The arguments of every command.

``train`` has a flag for each field of :class:`~embed.config.TrainConfig`, derived from the field: its type,
choices, help and group. ``--help`` shows the ones most runs touch and ``--help-all`` the rest, because thirty
flags do not fit a screen.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import shutil
from collections.abc import Sequence
from typing import Any, NoReturn

import embed
from embed.arguments import DECODE_ERRORS, ON_DUPLICATE
from embed.cli.flags import word
from embed.config.presets import AUTO, NAMES
from embed.config.train import PHRASES, TEXT, Parameter, TrainConfig, close_name, parameters
from embed.messages import printable

PROGRAM = "train-embeddings"

SHELLS = ("bash", "zsh")

METHODS = ("int8", "binary", "pq")  # embed.vectors.quantize.METHODS, which would cost the import of NumPy

NAMED_SETS = ("google", "wordsim353", "simlex999")  # embed.eval.NAMED_SETS, likewise

# The parameters that `train --help` shows; --help-all shows the others too.
_MAIN_PARAMETERS = frozenset(("objective", "subword", "dim", "window", "epochs", "min_count", "tokenizer", "lowercase"))

_COLUMN_HELP = "read this column of CSV, TSV, JSON or Parquet files"
_DELIMITER: dict[str, Any] = {"metavar": "C", "help": "between columns: a character or tab [by the name]"}

_PRESET: dict[str, Any] = {
    "choices": (AUTO, *NAMES),
    "help": "parameters for a corpus of this size; flags win over them [small up to 5M tokens, "
    "if no flag says what is trained or how]",
}

_EXIT_CODES = (
    "exit codes: 0 done, 1 the system, 2 arguments, 3 corpus, 4 file format, 5 unknown word, "
    "6 diverged, 7 package missing, 130 interrupted, 143 terminated"
)


class Formatter(argparse.HelpFormatter):
    """Help that uses a wide terminal and spends one line on a flag where it can."""

    _WIDEST, _FLAG_COLUMN = 110, 24

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, self._WIDEST) - 1
        super().__init__(prog, max_help_position=self._FLAG_COLUMN, width=width)

    def add_argument(self, action: argparse.Action) -> None:
        """Reckon the column of the help with the indent of the commands, which argparse forgets."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        # the commands stand below their title already: a line that says COMMAND would be one too many for a screen
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return "--[no-]" + action.option_strings[0].removeprefix("--")
        if action.option_strings and action.nargs != 0:
            return ", ".join(action.option_strings) + " " + self._format_args(action, action.dest.upper())
        return super()._format_action_invocation(action)


_LONGEST_MISTAKE = 400
"""Characters of what argparse says, which quotes arguments of any length."""


class Parser(argparse.ArgumentParser):
    """argparse's parser, whose complaint is one sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Print the mistake and where to read more, and exit with argparse's code."""
        hint = ""
        if message.startswith("unrecognized arguments: "):
            flag = next((word for word in message.split()[2:] if word.startswith("-")), "")
            hint = self._hint(flag.partition("=")[0].lstrip("-"))
        self.exit(2, printable(f"{self.prog}: {message:.{_LONGEST_MISTAKE}}{hint} (see {self.prog} --help)") + "\n")

    def _hint(self, name: str) -> str:
        """Return a question for a flag of almost this name, or for what other trainers call so."""
        flags = [option for action in self._actions for option in action.option_strings]
        known = {flag.lstrip("-").replace("-", "_"): flag for flag in flags}
        meant = close_name(name, known)
        return f"; did you mean {known[meant]}?" if meant else ""


class HelpAll(argparse.Action):
    """``--help-all``: print the help of `train` with no flag left out."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit."""
        full = Parser(prog=parser.prog, usage=parser.usage, description=parser.description)
        _add_train_arguments(full, show_all=True)
        full.print_help()
        parser.exit()


def build_parser(*, show_all: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; the name of the chosen command is in ``arguments.command``.

    Parameters
    ----------
    show_all : bool
        The help of `train` lists every flag, and so does the completion that is made from this parser.
    """
    parser = Parser(prog=PROGRAM, description="Train, score, query and convert word embeddings.", epilog=_EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {embed.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, help: str, more: str = "", **settings: Any) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = commands.add_parser(
            name, **{"help": help, "description": help[0].upper() + help[1:] + "." + more, **settings}
        )
        sub.set_defaults(command=name, parser=sub)
        return sub

    _add_train_arguments(
        command(
            "train",
            "train vectors on text",
            usage=f"{PROGRAM} train CORPUS... -o OUT [flags]",
            description=None,
        ),
        show_all=show_all,
    )

    sub = command(
        "phrases",
        "find phrases such as new_york, print them, and join them",
        " Prints score, count and phrase, best first. Flags as for train.",
    )
    sub.add_argument("corpus", nargs="+", metavar="CORPUS", help="text or MediaWiki XML; files, folders, globs, -")
    sub.add_argument("--column", type=word, metavar="NAME", help=_COLUMN_HELP)
    sub.add_argument("--delimiter", **_DELIMITER)
    sub.add_argument("-n", type=_positive, default=20, metavar="N", help="how many to print (default: %(default)s)")
    sub.add_argument("--model", metavar="PATH", help="use the phrases of this file instead of learning any")
    sub.add_argument("--save", metavar="PATH", help="write the phrases learnt, to be used again with --model")
    sub.add_argument("--apply", metavar="OUT", help="write the corpus with its phrases joined, one sentence a line")
    for name, parameter, value_type in parameters():
        if parameter.group in (PHRASES, TEXT):
            _add_parameter(sub, name, parameter, value_type, shown=True)

    sub = command("evaluate", "score vectors on word similarity and analogy sets")
    _add_vectors(sub, show_all=show_all)
    _add_evaluation_arguments(sub)

    sub = command("compare", "score two files of vectors and test whether they differ")
    _add_vectors(sub, "first", "second", show_all=show_all)
    _add_evaluation_arguments(sub)

    sub = command("nearest", "print the words nearest to each word: word, neighbour, cosine")
    _add_vectors(sub, show_all=show_all)
    sub.add_argument(
        "words", nargs="+", type=word, metavar="WORD", help="an unknown word works too, if the vectors have n-grams"
    )
    _add_ranking_arguments(sub)

    sub = command("analogy", "print the words that are to C what B is to A: word, score")
    _add_vectors(sub, show_all=show_all)
    for name in ("a", "b", "c"):
        sub.add_argument(name, type=word, metavar=name.upper())
    sub.add_argument("--method", choices=("3cosadd", "3cosmul"), default="3cosadd", help="default: %(default)s")
    _add_ranking_arguments(sub)

    sub = command("convert", "write vectors in another format", " OUT's ending says which, or --to.")
    sub.add_argument("source", metavar="IN", help="a file in any format that can be read")
    sub.add_argument("target", metavar="OUT")
    _add_reading_arguments(sub, show_all=show_all)
    sub.add_argument("--escape", action="store_true", help="escape a word that OUT's format cannot hold")
    sub.add_argument("--to", metavar="NAME", help="the format of OUT: binary, model2vec, npz ... (default: by ending)")
    sub.add_argument("--average-outputs", action="store_true", help="of a model: mean of unit input and output vectors")
    sub.add_argument("--center", action="store_true", help="subtract the mean vector")
    sub.add_argument("--remove-components", type=int, metavar="N", help="and the N directions of largest variance")
    sub.add_argument("--pca", type=int, metavar="DIM", help="keep the DIM directions of largest variance")
    sub.add_argument("--unit", action="store_true", help="scale each vector to length 1")
    sub.add_argument("--sif", type=float, metavar="A", help="weight each word by A/(A + its share of the tokens)")

    sub = command("quantize", "write vectors in fewer bytes", " N-gram rows that no word has are dropped.")
    sub.add_argument("source", metavar="IN", help="a file in any format that can be read")
    sub.add_argument("target", metavar="OUT", help="conventionally *.embed")
    _add_reading_arguments(sub, show_all=show_all)
    sub.add_argument("--method", choices=METHODS, required=True, help="1/4, about 1/30, and 1/8 of the size")
    sub.add_argument("--scale", choices=("row", "column"), help="int8: a scale for each (default: row)")
    sub.add_argument("--bytes", type=_positive, metavar="N", help="pq: bytes a vector (default: dim / 2 - 2)")
    sub.add_argument("--seed", type=int, metavar="N", help="pq: of the k-means (default: 1)")
    sub.add_argument("--ngrams", type=_positive, metavar="N", help="keep the N n-gram rows that most words have")

    sub = command("curve", "print or draw the losses of runs by epoch", " Without --out, one line an epoch.")
    sub.add_argument("runs", nargs="+", metavar="RUN", help="a run card (OUT.json), a model, or a checkpoint")
    sub.add_argument("-o", "--out", metavar="CHART", help="draw a chart: .svg .png .pdf (the extra plot)")
    sub.add_argument("--json", action="store_true", help="print JSON")

    sub = command("info", "describe this installation, vectors, or a run's cost")
    sub.add_argument("vectors", nargs="?", metavar="FILE", help="vectors or a model, in any format that can be read")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument(
        "--corpus", nargs="+", metavar="CORPUS", help="time and memory of training on it; flags as for train"
    )
    sub.add_argument("--column", type=word, metavar="NAME", help=_COLUMN_HELP)
    sub.add_argument("--delimiter", **_DELIMITER)
    sub.add_argument("--tokens", type=_positive, metavar="N", help="the same for N tokens, without a corpus")
    sub.add_argument("--vocab", type=_positive, metavar="V", help="and V words")
    sub.add_argument("--preset", **_PRESET)
    for name, parameter, value_type in parameters():
        _add_parameter(sub, name, parameter, value_type, shown=False)
    _add_reading_arguments(sub, show_all=show_all)

    command("demo", "train on 106 Wikipedia articles and show what comes out").add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        default="demo-output",
        help="where the vectors go (default: %(default)s)",
    )

    sub = command("completion", "print the completion script of a shell")
    sub.add_argument("shell", choices=SHELLS, help=f'for example: eval "$({PROGRAM} completion bash)"')
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; flags and words of a command may come in any order.

    Raises
    ------
    SystemExit
        After ``--help``, ``--version`` or a mistake.
    """
    parser = build_parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and argv and argv[0] in action.choices:
            # argparse mixes flags and words only in a parser that has no commands below it.
            arguments: argparse.Namespace = action.choices[argv[0]].parse_intermixed_args(argv[1:])
            return arguments
    return parser.parse_args(argv)


def given_parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the training parameters that the command line sets, and no others."""
    return {name: getattr(arguments, name) for name, _, _ in parameters() if hasattr(arguments, name)}


def _add_train_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    parser.add_argument("corpus", nargs="+", metavar="CORPUS", help="text or MediaWiki XML; files, folders, globs, -")
    parser.add_argument("-o", "--output", metavar="OUT", help="write vectors: .txt .vec .bin .embed (with n-grams)")
    parser.add_argument("--save-model", metavar="PATH", help="write the whole model, to go on with or export from")
    parser.add_argument("--config", metavar="TOML", help="read parameters from this file; flags win over it")
    parser.add_argument("--encoded", metavar="DIR", help="keep the encoded corpus here, to be reused next time")
    more: dict[str, dict[str, Any]] = {
        "--column": {"type": word, "metavar": "NAME", "help": _COLUMN_HELP},
        "--delimiter": _DELIMITER,
        "--preset": _PRESET,
        "--time-budget": {
            "metavar": "TIME",
            "help": "as many epochs (at most 50, with n-grams 15) as fit into 90s, 10m, 1.5h ...",
        },
        "--continue-from": {"metavar": "MODEL", "help": "train this model, or these vectors, further"},
        "--vocabulary": {
            "choices": ("old", "union"),
            "default": "old",
            "help": "with --continue-from: the words of MODEL, or those of CORPUS too [old]",
        },
        "--freeze": {
            "choices": ("none", "old"),
            "default": "none",
            "help": "with --vocabulary union: keep the vectors of the words of MODEL as they are (old) [none]",
        },
    }
    for flag, settings in more.items():
        parser.add_argument(flag, **(settings if show_all else settings | {"help": argparse.SUPPRESS}))
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, help="list every parameter, by group")
    _add_checkpoint_arguments(parser, show_all=show_all)
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name, parameter, value_type in parameters():
        # Headings cost the lines that the short help does not have.
        if show_all and parameter.group not in groups:
            groups[parameter.group] = parser.add_argument_group(parameter.group)
        shown = show_all or name in _MAIN_PARAMETERS
        _add_parameter(groups.get(parameter.group, parser), name, parameter, value_type, shown=shown)


def _add_checkpoint_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the flags of checkpoints, which the short help has no room for."""
    group = parser.add_argument_group("checkpoints") if show_all else parser
    flags: dict[str, dict[str, Any]] = {
        "--checkpoint": {"metavar": "DIR", "help": "keep checkpoints of the run in this folder"},
        "--checkpoint-every": {"metavar": "TIME", "help": "90s, 5m, 1h, 2000000tokens or epoch [5m]"},
        "--checkpoint-keep": {"metavar": "K", "type": int, "help": "keep the latest K [2]"},
        "--resume": {"metavar": "DIR", "help": "go on from the newest whole checkpoint of this folder"},
        "--resume-anyway": {"action": "store_true", "help": "though epochs, rates, window, threads ... have changed"},
    }
    for flag, settings in flags.items():
        group.add_argument(flag, **(settings if show_all else {**settings, "help": argparse.SUPPRESS}))


def _add_parameter(
    group: argparse._ActionsContainer, name: str, parameter: Parameter, value_type: type, *, shown: bool
) -> None:
    """Add the flag of one field of TrainConfig. The bounds are TrainConfig's to check, not argparse's."""
    flag = "--" + name.replace("_", "-")
    default = getattr(TrainConfig, name)
    help = argparse.SUPPRESS
    if shown:
        text = parameter.help.replace("%", "%%")
        help = text if default is None or value_type is bool else f"{text} [{default}]"
    if value_type is bool:
        group.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=help)
    else:
        metavar = "|".join(parameter.choices) if parameter.choices else {int: "N", float: "X"}.get(value_type)
        group.add_argument(
            flag,
            dest=name,
            type=word if value_type is str else value_type,
            choices=parameter.choices or None,
            default=argparse.SUPPRESS,
            metavar=metavar,
            help=help,
        )


def _add_vectors(parser: argparse.ArgumentParser, *names: str, show_all: bool) -> None:
    for name in names or ("vectors",):
        parser.add_argument(name, metavar="VECTORS", help="a file in any format that can be read")
    _add_reading_arguments(parser, show_all=show_all)


_READING: dict[str, dict[str, Any]] = {
    "--encoding": {"type": word, "metavar": "NAME", "help": "of the words in the file (default: utf-8)"},
    "--decode-errors": {"choices": DECODE_ERRORS, "help": "bytes that are no words: refuse, or U+FFFD"},
    "--on-duplicate": {"choices": ON_DUPLICATE, "help": "a word that comes twice: refuse, or keep the first"},
    "--dim": {"type": int, "metavar": "N", "help": "length of the vectors, of text that does not say it"},
}
"""How a file of vectors is read; the help of a command, which fits a screen, only names the flags."""


def _add_reading_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the flags that say how files of vectors are read; those that are there already are left."""
    parser.description = f"{parser.description} Odd files: {', '.join(_READING)}."
    for flag, settings in _READING.items():
        if flag not in parser._option_string_actions:
            hidden = {} if show_all else {"help": argparse.SUPPRESS}
            parser.add_argument(flag, default=argparse.SUPPRESS, **{**settings, **hidden})


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how the command line says that files of vectors are read."""
    names = [flag.removeprefix("--").replace("-", "_") for flag in _READING]
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def _add_ranking_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", type=_positive, default=10, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--top", type=_positive, metavar="N", help="search the N most frequent words only")


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    # gensim's wheel carries the sets that have a name; it has none for the newest Pythons
    missing = "" if importlib.util.find_spec("gensim") else " - not here: gensim, which has their files, is missing"
    parser.add_argument(
        "sets",
        nargs="*",
        metavar="SET",
        help=f"files of pairs or analogies, or the names {', '.join(NAMED_SETS)} (default: all three){missing}",
    )
    parser.add_argument(
        "--columns",
        type=_columns,
        default=argparse.SUPPRESS,
        metavar="A,B,C",
        help="the files' columns of the two words and the score, by number or name, if they are not clear",
    )
    parser.add_argument(
        "--top",
        type=_top,
        default=argparse.SUPPRESS,
        metavar="N",
        help="answer analogies with the N most frequent words",
    )
    parser.add_argument(
        "--method",
        choices=("3cosadd", "3cosmul"),
        default=argparse.SUPPRESS,
        help="how analogies are answered",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def _columns(text: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([word(text)], skipinitialspace=True), ()))


def _top(text: str) -> int | None:
    return None if text == "all" else _positive(text)


# argparse names the type in its complaint: "invalid whole number value: 'x'".
_positive.__name__ = _top.__name__ = "whole number"
