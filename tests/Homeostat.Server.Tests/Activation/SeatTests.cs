using System.Diagnostics;
using Homeostat.Server.Activation;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Activation;

public sealed class SeatTests
{
    private readonly Seat _seat = new(2, 4, new SteadyClock(TimeProvider.System));

    [Fact]
    public void TryTake_AtTheLimit_Takes_OnePastItDoesNot()
    {
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(_seat.TryTake(4)));
        Assert.False(_seat.TryTake(4));
        Assert.Equal(4, _seat.InFlight);
    }

    [Fact]
    public void TryClose_WithASlotTaken_Fails_AndTheSeatStaysOpen()
    {
        Assert.True(_seat.TryTake(4));

        Assert.False(_seat.TryClose());
        Assert.True(_seat.TryTake(4));
    }

    [Fact]
    public void Close_LetsTheTakenSlotsGoOn_AndTellsTheLast()
    {
        _seat.TryTake(4);
        _seat.TryTake(4);
        _seat.Close();

        Assert.False(_seat.TryTake(4));
        Assert.False(_seat.Return(true));
        Assert.True(_seat.Return(true));
        Assert.True(_seat.TryClose());
        _seat.Open();
        Assert.True(_seat.TryTake(4));
    }

    [Fact]
    public void Return_Twice_IsADefectAndSaysSo()
    {
        _seat.TryTake(4);
        _seat.Return(true);

        Assert.Throws<InvalidOperationException>(() => _seat.Return(true));
    }

    /// <summary>The interleaving the packed word excludes: a freeze succeeds while a slot is taken.</summary>
    [Fact]
    public async Task Stress_ClosedByTryClose_NeverHasASlotTaken()
    {
        var (served, inside, closings, over) = (0L, 0, 0, false);
        // Threads of their own: spinning on the pool's would starve every other test.
        var takers = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(Take, default, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        void Take()
        {
            while (!Volatile.Read(ref over))
            {
                if (_seat.TryTake(4))
                {
                    Interlocked.Increment(ref inside);
                    Interlocked.Increment(ref served);
                    Interlocked.Decrement(ref inside);
                    _seat.Return(true);
                }
            }
        }

        var deadline = Stopwatch.StartNew();
        while ((closings < 2000 || Interlocked.Read(ref served) < 50_000) && deadline.Elapsed < Waiting.Deadline)
        {
            if (_seat.TryClose())
            {
                closings++;
                for (var look = 0; look < 5; look++)
                {
                    Assert.Equal(0, Volatile.Read(ref inside));
                    Assert.Equal(0, _seat.InFlight);
                }

                _seat.Open();
            }

            await Task.Yield();
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(takers);
        Assert.True(served > 0 && closings > 0, $"served {served}, closed {closings} times");
        Assert.Equal(0, _seat.InFlight);
    }
}
