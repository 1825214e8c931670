"""Forms that turn what people type into domain values, or say beside the field what is wrong."""
