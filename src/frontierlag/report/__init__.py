"""What people read: tables, sentences, figures."""
