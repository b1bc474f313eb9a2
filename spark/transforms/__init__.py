"""What happens to data: pure functions from DataFrame to DataFrame; it refuses to read or write anything."""
