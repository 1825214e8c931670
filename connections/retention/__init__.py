"""What the log may forget and what must stay: legal holds, erasing personal details, archiving and bringing back."""
