"""The rules that keep a workspace's layers true, and the findings they make."""
