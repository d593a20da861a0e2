using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Ensemble;
using Homeostat.Core.Forecasting.Scoring;
using Xunit;

namespace Homeostat.Core.Tests.Forecasting;

/// <summary>What holds for every model on any demand.</summary>
public sealed class ForecastLaws
{
    private static readonly ForecastOptions Options = new([1, 5, 15]);

    public static TheoryData<string> Models => [.. ForecastModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_ForecastsAreFiniteAndWithinBounds(string model)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            var forecaster = ForecastModels.Create(model, Options);
            var window = new Queue<double>();
            foreach (var value in Demand(seed, 400))
            {
                forecaster.Observe(value);
                window.Enqueue(value);
                if (window.Count > 30)
                {
                    window.Dequeue();
                }
                foreach (var steps in Options.Horizons)
                {
                    var said = forecaster.Predict(steps);
                    Assert.InRange(said.Point, 0, (2 * window.Max() * 1.0001) + 1e-6);
                    Assert.True(said.Quantile >= said.Point && double.IsFinite(said.Quantile), $"{model}, seed {seed}: {said}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_TheSameDemandMakesTheSameForecasts(string model)
    {
        var (one, other) = (ForecastModels.Create(model, Options), ForecastModels.Create(model, Options));
        foreach (var value in Demand(3, 500))
        {
            one.Observe(value);
            other.Observe(value);
            foreach (var steps in Options.Horizons)
            {
                var asked = one.Predict(steps);
                Assert.Equal(asked, other.Predict(steps));
                Assert.Equal(asked, one.Predict(steps));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_MemoryIsBounded(string model)
    {
        var forecaster = ForecastModels.Create(model, Options);
        var most = 0;
        foreach (var value in Demand(4, 2000))
        {
            forecaster.Observe(value);
            most = Math.Max(most, forecaster.Bytes);
        }
        Assert.InRange(most, 1, 160_000);
        Assert.Equal(2000, forecaster.Observed);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_DemandInOtherUnits_IsForecastInOtherUnits(string model)
    {
        // Powers of two change no digit. Logarithms of 1 + value and the search for seasons are no linear things.
        if (model is "auto" or "regression-log" or "regression-seasonal" or "quantile" or "seasonal")
        {
            return;
        }
        var (one, eight) = (ForecastModels.Create(model, Options), ForecastModels.Create(model, Options));
        foreach (var value in Demand(5, 400))
        {
            one.Observe(value);
            eight.Observe(8 * value);
            foreach (var steps in Options.Horizons)
            {
                Assert.Equal(8 * one.Predict(steps).Point, eight.Predict(steps).Point, 1e-3 * (1 + one.Predict(steps).Point));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_WhatIsNoDemand_IsRefused_AndChangesNothing(string model)
    {
        var forecaster = ForecastModels.Create(model, Options);
        Assert.Equal(default, forecaster.Predict(1));
        forecaster.Observe(7);
        foreach (var wrong in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.001 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => forecaster.Observe(wrong));
        }
        Assert.Equal((1, 7.0), (forecaster.Observed, forecaster.Predict(1).Point));
        forecaster.Observe(0);
        forecaster.Observe(double.MaxValue);
        forecaster.Observe(1);
        Assert.True(double.IsFinite(forecaster.Predict(1).Quantile));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Law_WhatStands_IsForecastToStand(string model)
    {
        foreach (var level in new[] { 0.0, 5, 1e6 })
        {
            var forecaster = ForecastModels.Create(model, Options);
            for (var i = 0; i < 300; i++)
            {
                forecaster.Observe(level);
            }
            Assert.InRange(forecaster.Predict(15).Point, level * 0.9999, level * 1.0001);
            Assert.InRange(forecaster.Predict(15).Quantile, level * 0.9999, level * 1.01);
        }
    }

    [Fact]
    public void Law_AutoIsNotWorseThanTheLastValue_AndTheCanaryIs()
    {
        var canaries = 0;
        for (var seed = 1; seed <= 6; seed++)
        {
            var values = Demand(seed, 800).ToArray();
            var (plain, first) = (ForecastScoring.PlainLast(values, Options, 300), 300);
            var (auto, canary) = (ForecastScoring.Run("auto", values, Options, first), ForecastScoring.Run("grey", values, Options, first));
            for (var i = 0; i < plain.Count; i++)
            {
                var relative = ForecastLoss.Relative(auto.Losses[i].Mae, plain[i].Mae, values.Average());
                // On a walk nothing is better than the last value: learning that costs a little, the more the later one learns.
                Assert.True(relative <= 1.05 + (0.006 * plain[i].Steps), $"seed {seed}, {plain[i].Steps} steps: {relative:0.000}");
                canaries += ForecastLoss.Relative(canary.Losses[i].Mae, plain[i].Mae, values.Average()) > 1.05 + (0.006 * plain[i].Steps) ? 1 : 0;
            }
        }
        // A model that is known to be worse must be caught by the same measure, or the measure measures nothing.
        Assert.True(canaries >= 6, $"only {canaries} of 18 caught");
    }

    [Fact]
    public void Law_TheQuantileIsExceededAboutOnceInTen()
    {
        var noise = new Noise(9);
        var values = Enumerable.Range(0, 1500).Select(_ => (double)noise.Poisson(30)).ToArray();
        Assert.All(ForecastScoring.Run("auto", values, Options, 500).Losses, loss => Assert.InRange(loss.Exceeded, 0.06, 0.15));
    }

    [Fact]
    public void Blend_OneExpertIsWrong_IsNotFollowed_AndTheWatchFallsBack()
    {
        var blend = new Blend(2, 0.5, 50);
        Span<float> said = [10, 1000];
        for (var i = 0; i < 100; i++)
        {
            _ = blend.Combine(said, out var combined);
            blend.Learn(said, combined, 11);
        }
        Assert.Equal(10, blend.Combine(said, out _), 0.01);
        // The other one was right for long and is now wildly wrong: what it costs is bounded by the watch.
        var worst = 0.0;
        for (var i = 0; i < 200; i++)
        {
            var value = i < 100 ? 1000 : 10;
            var spoken = blend.Combine(said, out var combined);
            worst = i > 160 ? Math.Max(worst, Math.Abs(spoken - value)) : worst;
            blend.Learn(said, combined, value);
        }
        Assert.InRange(worst, 0, 1);
    }

    [Theory]
    [InlineData(new int[0], 0.9)]
    [InlineData(new[] { 0 }, 0.9)]
    [InlineData(new[] { 1441 }, 0.9)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 0.9)]
    [InlineData(new[] { 1 }, 0.4)]
    [InlineData(new[] { 1 }, double.NaN)]
    public void Create_OptionsOutOfRange_AreRefused(int[] horizons, double quantile) =>
        Assert.Throws<ArgumentException>(() => ForecastModels.Create("auto", new ForecastOptions(horizons) { Quantile = quantile }));

    [Fact]
    public void Create_UnknownModel_IsRefused() => Assert.Throws<ArgumentException>(() => ForecastModels.Create("crystal", Options));

    [Fact]
    public void Predict_AnotherHorizon_IsAnsweredByTheNextLonger()
    {
        var forecaster = ForecastModels.Create("holt", Options);
        for (var i = 0; i < 50; i++)
        {
            forecaster.Observe(i * 10);
        }
        Assert.Equal(forecaster.Predict(5), forecaster.Predict(3));
        Assert.Equal(forecaster.Predict(15), forecaster.Predict(100));
    }

    /// <summary>Demand of a kind that depends on the seed: noise, a walk, a season, bursts, a level that jumps, hardly any.</summary>
    private static IEnumerable<double> Demand(int seed, int count)
    {
        var noise = new Noise(seed);
        var walk = 100.0;
        for (var i = 0; i < count; i++)
        {
            walk = Math.Max(0, walk + (4 * noise.Normal()));
            yield return (seed % 6) switch
            {
                0 => noise.Poisson(20),
                1 => walk,
                2 => noise.Poisson(30 + (25 * Math.Sin(i / 8.0))),
                3 => noise.Uniform() < 0.03 ? 500 * noise.Uniform() : noise.Poisson(3),
                4 => noise.Poisson(i / 150 % 2 == 0 ? 10 : 80),
                _ => noise.Uniform() < 0.1 ? 1 : 0,
            };
        }
    }
}
