"""Getting records home: the durable queue, the ways out, the receipts back."""
