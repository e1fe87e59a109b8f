"""Fathom beside other libraries: speed (`run`) and held-out quality (`accuracy`)."""
