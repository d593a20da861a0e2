using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Models;
using Xunit;

namespace Homeostat.Core.Tests.Forecasting;

public sealed class SimpleModelsTests
{
    [Fact]
    public void Smoothing_AndHolt_AsByHand()
    {
        Assert.Equal(10 + (0.4 * 10), Fed(new ExponentialSmoothing(0.4), 10, 20).Predict(7), 12);
        // Level .5 20 + .5 10 = 15, trend .1 5 = .5; ahead .9 of it, then .81 more.
        var holt = Fed(new DampedHolt(0.5, 0.1, 0.9), 10, 20);
        Assert.Equal(15 + (0.5 * 0.9), holt.Predict(1), 12);
        Assert.Equal(15 + (0.5 * (0.9 + 0.81)), holt.Predict(2), 12);
        Assert.Equal(15 + (0.5 * 9), holt.Predict(1000), 6);
    }

    [Fact]
    public void Rolling_TakesItsWindowOnly()
    {
        Assert.Equal(3, Fed(new RollingMean(3), 100, 2, 3, 4).Predict(1), 12);
        Assert.Equal(3, Fed(new RollingMedian(3), 100, 2, 3, 400).Predict(1), 12);
        Assert.Equal(2.5, Fed(new RollingMedian(10), 2, 3).Predict(1), 12);
        Assert.Equal(9, Fed(new RollingLine(3), 100, 3, 5, 7).Predict(1), 6);
        Assert.Equal(7, Fed(new RollingLine(6), 7).Predict(5), 6);
    }

    [Theory]
    [InlineData(1, 0, 2, 20)]
    [InlineData(1, 0, 5, 10)]
    [InlineData(1, 0.5, 2, 20.5)]
    [InlineData(3, 0, 2, 19)]
    public void SeasonalLags_GoByFormerSeasons(int seasons, double deviation, int steps, double expected)
    {
        // Seasons of 3: (0 10 18) (0 10 20) 1, so now the place of 0, one above it.
        var history = new History(20);
        foreach (var value in new double[] { 0, 10, 18, 0, 10, 20, 1 })
        {
            history.Add(value);
        }
        // A step of 5 is the place after the next 0: two seasons back at once.
        Assert.Equal(steps == 5 ? 20 : expected, new SeasonalLags(history, () => 3, seasons, deviation).Predict(steps), 12);
    }

    [Fact]
    public void QuantileWindow_IsThatOfSortedValues()
    {
        var random = 17UL;
        var (window, all) = (new QuantileWindow(50), new List<double>());
        for (var i = 0; i < 400; i++)
        {
            random = (random * 6364136223846793005) + 1442695040888963407;
            var value = (double)(random >> 60);
            window.Add(value);
            all.Add(value);
            var sorted = all.TakeLast(50).Order().ToArray();
            var rank = 0.9 * (sorted.Length - 1);
            var expected = sorted[(int)rank] + ((rank - (int)rank) * (sorted[Math.Min((int)rank + 1, sorted.Length - 1)] - sorted[(int)rank]));
            Assert.Equal(expected, window.Quantile(0.9), 9);
        }
        Assert.Equal(0, new QuantileWindow(3).Quantile(0.9));
    }

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 0)]
    public void Regression_OutliersMoveSquaresOnly(bool absolute, double expected)
    {
        // Every tenth value is 100 above the line y = 3 x: the mean error is 10, the median one 0.
        var regression = new OnlineRegression(2, absolute ? RegressionLoss.Absolute : RegressionLoss.Squares, 2000);
        for (var i = 0; i < 4000; i++)
        {
            var x = i * 7 % 13;
            regression.Learn([1, x], (3 * x) + (i % 10 == 0 ? 100 : 0));
        }
        Assert.Equal(expected, regression.Predict([1, 5]) - 15, 1.5);
    }

    [Fact]
    public void Regression_Quantile_SplitsTheErrors()
    {
        var regression = new OnlineRegression(1, RegressionLoss.Quantile, 2000, 0.9);
        for (var i = 0; i < 6000; i++)
        {
            regression.Learn([1], i * 37 % 100);
        }
        Assert.InRange(regression.Predict([1]), 84, 95);
    }

    [Fact]
    public void Neural_LearnsAChangeFromTheLags_AndStartsAsTheLastValue()
    {
        var network = new NeuralNetwork([1]);
        for (var i = 0; i < 5; i++)
        {
            network.Observe(3);
        }
        Assert.Equal(3, network.Predict(1));
        var (error, last) = (0.0, 0.0);
        for (var i = 0; i < 3000; i++)
        {
            var value = 50 + (20 * Math.Sin(i / 3.0));
            if (i > 2000)
            {
                error += Math.Abs(network.Predict(1) - value);
                last += Math.Abs(50 + (20 * Math.Sin((i - 1) / 3.0)) - value);
            }
            network.Observe(value);
        }
        Assert.InRange(error / last, 0, 0.25);
    }

    private static T Fed<T>(T model, params double[] values)
        where T : IPointModel
    {
        foreach (var value in values)
        {
            model.Observe(value);
        }
        return model;
    }
}
