"""What a developer of a platform is given: schemas, topics, a page, two examples."""
