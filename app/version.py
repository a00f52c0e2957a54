"""The version of Chartside: apart, so that every module can name it."""

VERSION = "0.1.0"
