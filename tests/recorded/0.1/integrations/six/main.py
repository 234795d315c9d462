import six

from framework.sdk import Integration

integration = Integration()


@integration.on_resync("package")
def packages(resync):
    return [{"id": "six", "version": six.__version__}]
