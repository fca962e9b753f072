"""What is analysed: which fits that takes, what each found, what is written."""
