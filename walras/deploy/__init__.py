"""The deployment: parameters, a plan of steps, what sends them, the record of them, and the proof at the end."""
