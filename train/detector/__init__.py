"""Trains the detector of characters on book pages, on made scans."""
