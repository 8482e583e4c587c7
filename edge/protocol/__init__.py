"""The data protocol: a document for people, made from the configuration and the code."""
