using System.Text.Json.Serialization;

namespace Homeostat.Client.Wire;

/// <summary>An error of the API (RFC 9457, <c>application/problem+json</c>). The codes are listed in docs/reference/errors.md.</summary>
/// <param name="Type"><c>urn:homeostat:problem:</c> and the code; never renamed.</param>
/// <param name="Detail">What happened this time.</param>
/// <param name="Code">Last part of <paramref name="Type"/>.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Service">The service concerned.</param>
/// <param name="Errors">All that is wrong in a service file.</param>
public sealed record Problem(
    string Type,
    string Title,
    int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Remedy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Service = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ProblemError>? Errors = null);

/// <summary>One error of a service file, at its place (0: the file as a whole).</summary>
/// <param name="Nearest">Of an unknown key the nearest known one.</param>
public sealed record ProblemError(
    int Line, int Column, string Code, string Key, string Message, string Fix,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Nearest = null);
