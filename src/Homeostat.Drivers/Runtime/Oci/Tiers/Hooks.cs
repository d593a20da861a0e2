using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>
/// The requests a service may ask for around a process image. before_checkpoint: POST with an empty object. after_restore: POST with
/// <c>{"seed":"&lt;64 hex digits&gt;","clone":true|false}</c>, a seed that nobody else gets, before any traffic. Any 2xx is consent.
/// </summary>
internal static class Hooks
{
    /// <summary>A hook that takes longer than this is a request of its own, not a preparation.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private const int SeedBytes = 32;

    public static Task<Failure?> BeforeCheckpointAsync(Cell cell, Reach reach, string? path, CancellationToken cancel) =>
        path is null ? Task.FromResult<Failure?>(null) : CallAsync("before_checkpoint", FailureKind.DumpFailed, cell, reach, path, "{}", cancel);

    public static Task<Failure?> AfterRestoreAsync(Cell cell, Reach reach, string? path, bool clone, CancellationToken cancel) =>
        path is null
            ? Task.FromResult<Failure?>(null)
            : CallAsync("after_restore", FailureKind.RestoreFailed, cell, reach, path, AfterRestoreBody(clone), cancel);

    internal static string AfterRestoreBody(bool clone) =>
        $$"""{"seed":"{{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SeedBytes))}}","clone":{{(clone ? "true" : "false")}}}""";

    private static async Task<Failure?> CallAsync(
        string hook, FailureKind kind, Cell cell, Reach reach, string path, string body, CancellationToken cancel)
    {
        var remedy = $"look at the program's {hook} ({path}) and its logs";
        try
        {
            var status = await PlainHttp.SendAsync(cell.Netns, reach, "POST", path, Encoding.UTF8.GetBytes(body), Limit, cancel);
            return status is >= 200 and < 300
                ? null
                : new Failure(kind, $"the hook {hook} (POST {path}) answered {status?.ToString() ?? "something that is not HTTP"}", remedy);
        }
        catch (SocketException error)
        {
            return new Failure(kind, $"the hook {hook} (POST {path}) failed: {error.Message}", remedy);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Failure(kind, $"the hook {hook} (POST {path}) did not answer within {Limit.TotalSeconds:0} s", remedy);
        }
    }
}
