"""What Hush asks of the operating system: protection, the screen lock and sleep, crash reports."""
