"""How well the diagnosis tells sick runs from healthy ones."""
