"""Between messages and the words of the application, both ways: a file for each noun."""
