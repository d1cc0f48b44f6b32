"""What the benchmarks share: fresh processes, contests, bounds, texts, reports."""
