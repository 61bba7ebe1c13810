"""What a report and a case are written to: a page, golden vectors."""
