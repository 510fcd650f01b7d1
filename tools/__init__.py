"""What a maintainer runs: audit, licences, golden outputs."""
