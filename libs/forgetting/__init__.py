"""What every service does when a person is erased: it forgets them, and says when it has."""
