"""Adapters that let other libraries join a comparison; nothing in Penchant imports them."""
