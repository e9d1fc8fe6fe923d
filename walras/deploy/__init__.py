"""The deployment: parameters, a plan of steps, what sends them, the record, and the proof at the end."""
