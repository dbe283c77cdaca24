"""What every operation of the API has in common, in whichever app it is: who asks, how it refuses, how lists go on."""
