"""Looking, before an event, for what real AWS would stumble over; everything here only reads."""
