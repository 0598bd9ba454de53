"""Vocabularies, words and sub-words."""
