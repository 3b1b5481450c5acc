"""goods.py - what the shop has, and its prices in cents."""

PRICES = {"apple": 45, "bread": 320, "cheese": 589}
