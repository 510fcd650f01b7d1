"""What reads the pages of an archive: a pool of processes on this machine, or Ray Data on one or many."""
