"""What a run keeps: its history, number by number, and its log of events."""
