"""How answers are shown: tables, descriptions, words."""
