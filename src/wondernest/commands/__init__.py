"""The commands besides `serve`. Each module holds one; its imports are paid for when the command runs."""
