"""Encoded sound: what clients send is decoded as it comes, what is spoken is encoded as it is made."""
