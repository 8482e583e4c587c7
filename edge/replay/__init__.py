"""What a tester gets from a replay: the run itself, its report, its film, its score."""
