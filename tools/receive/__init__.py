"""The reference receiver of the platform: verifies, stores, answers with signed receipts."""
