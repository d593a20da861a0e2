namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>All addresses of the range are in use.</summary>
internal sealed class NoAddressException(string range, int capacity)
    : IOException($"all {capacity} addresses of {range} are in use");
