using Homeostat.Core.Runtime;
using Xunit;

namespace Homeostat.Testing.Conformance;

public abstract partial class RuntimeDriverConformance
{
    [Theory]
    [InlineData(ConformanceProgram.ExitsAtOnce, FailureKind.ProgramExited, "exit code 3")]
    [InlineData(ConformanceProgram.NeverListens, FailureKind.NeverListened, "port")]
    [InlineData(ConformanceProgram.Unhealthy, FailureKind.Unhealthy, "/")]
    public async Task Start_OfAProgramThatDoesNotGetReady_SaysWhyAndLeavesNothing(ConformanceProgram program, FailureKind kind, string says)
    {
        var revision = await PreparedAsync(program);
        var outcome = await Driver.StartAsync(NewId(), revision.Id, StartWay.Cold, Specs.Limits, Next(), default);

        Assert.Equal(kind, outcome.Failure!.Kind);
        Assert.Contains(says, outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(await Driver.ListAsync(default));
    }

    /// <summary>A driver may notice when preparing or when starting.</summary>
    [Fact]
    public async Task Start_OfACommandThatIsNotThere_IsCommandNotFound()
    {
        var revision = Specs.Revision(Program(ConformanceProgram.NotFound, "conformance"));
        var failure = await Driver.PrepareAsync(revision, default)
            ?? (await Driver.StartAsync(NewId(), revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure;

        Assert.Equal(FailureKind.CommandNotFound, failure!.Kind);
        Assert.NotNull(failure.Remedy);
        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task Crash_IsHintedAndListedUntilStopped()
    {
        using var stop = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        var id = await StartedAsync(await PreparedAsync());
        await using var hints = Driver.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        // Asked for before the crash: from then on no hint is missed.
        var next = hints.MoveNextAsync();

        try
        {
            await GetAsync(id, "/crash");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The program is gone before it answered.
        }

        while (await next && hints.Current.Instance != id)
        {
            next = hints.MoveNextAsync();
        }

        var seen = await SeenAsync(id);
        Assert.Equal((Tier.Stopped, null, null), (seen.Tier, seen.Pid, seen.Endpoint));
        Assert.NotNull(seen.Exit);

        await Driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        Assert.Empty(await Driver.ListAsync(default));
    }
}
