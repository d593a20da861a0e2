namespace Homeostat.Core.Services;

/// <summary>What reading a service file gathers besides its values.</summary>
internal sealed class FileFindings
{
    public List<ServiceFileError> Errors { get; } = [];

    public SortedDictionary<string, ServiceFilePlace> Places { get; } = new(StringComparer.Ordinal);
}
