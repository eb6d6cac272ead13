"""The visitors' doors: each fetches, asks `actions`, and answers."""
