"""Tells other systems of events: by signed requests, by messages for chats, and by mail."""
