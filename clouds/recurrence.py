class BadRule(ValueError):
    pass


Rule = None


def resolve(wall, zone):
    return wall.replace(tzinfo=zone)
