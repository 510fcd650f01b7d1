"""What the Learn tab asks for: its data, real examples, and how near a drawing came."""
