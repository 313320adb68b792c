"""Conversations: archived, extracted, merged."""
