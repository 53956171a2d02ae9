"""Collab: collaborative filtering that people can see, touch and trust."""
