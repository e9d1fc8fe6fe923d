"""The report's page: numbers for people, charts, sections."""
