using Homeostat.Cli.Commands;
using Homeostat.Server.Hosting;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

public sealed class StopSignalsTests
{
    [Fact]
    public void First_AsksToStop_Second_ForHaste()
    {
        using var signals = new StopSignals(default);

        signals.Raise();
        Assert.Equal((true, false), (signals.Stop.IsCancellationRequested, signals.Hurry.IsCancellationRequested));

        signals.Raise();
        Assert.True(signals.Hurry.IsCancellationRequested);
    }

    [Fact]
    public void SignalAfterTheEnd_DoesNothing()
    {
        var signals = new StopSignals(default);
        signals.Dispose();

        signals.Raise();

        Assert.False(signals.Stop.IsCancellationRequested);
    }

    [Fact]
    public void SignalDuringWhichTheEndComes_DoesNothing()
    {
        var signals = new StopSignals(default);
        using var registration = signals.Stop.Register(signals.Dispose);

        signals.Raise();
        signals.Raise();

        Assert.True(signals.Stop.IsCancellationRequested);
    }

    [Theory]
    [InlineData(0, 0, "stopped")]
    [InlineData(0, 2, "stopped; 2 instances asleep as images in /data, for the next start")]
    [InlineData(1, 0, "stopped before all was done: 1 instance left running, taken up by the next start")]
    public void Goodbye_SaysWhatStays(int running, int asleep, string expected) =>
        Assert.Equal(expected, UpCommand.Goodbye(new StopReport("/data", running, asleep, [])));
}
