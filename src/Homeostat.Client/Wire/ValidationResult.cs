using System.Text.Json.Serialization;

namespace Homeostat.Client.Wire;

/// <summary>What <c>homeostat validate -o json</c> says.</summary>
/// <param name="Valid">Nothing is wrong.</param>
/// <param name="WithPlatform">A running platform was asked too: paths, commands and routes were checked.</param>
/// <param name="Errors">All that is wrong in all files, by file.</param>
public sealed record ValidationResult(bool Valid, bool WithPlatform, IReadOnlyList<ValidationError> Errors);

/// <param name="File">As it was named on the command line.</param>
/// <param name="Line">From 1; 0: the file as a whole.</param>
/// <param name="Column">From 1; 0: the file as a whole.</param>
/// <param name="Code">Of the error in a service file, or of the problem (docs/reference/errors.md).</param>
/// <param name="Nearest">Of an unknown key the nearest known one.</param>
public sealed record ValidationError(
    string File, int Line, int Column, string Code, string Key, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Fix,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Nearest);
