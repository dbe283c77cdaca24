"""What people may do with their accounts and teams."""
