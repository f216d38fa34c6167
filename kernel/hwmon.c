// SPDX-License-Identifier: GPL-2.0-only
/*
 * Temperature and power.
 */
#include <linux/device.h>
#include <linux/hwmon.h>
#include <linux/units.h>

#include "device.h"
#include "hwmon.h"
#include "stats.h"

static umode_t limen_hwmon_visible(const void *data,
				   enum hwmon_sensor_types type, u32 attr,
				   int channel)
{
	return 0444;
}

/* A board that sleeps is not woken up to be asked: there is no data then. */
static int limen_hwmon_read(struct device *dev, enum hwmon_sensor_types type,
			    u32 attr, int channel, long *value)
{
	struct limen_device *limen = dev_get_drvdata(dev);
	bool power = type == hwmon_power;
	u32 raw = 0;
	int ret;

	ret = limen_stats_sensor(&limen->host, power ? LIMEN_HW_REG_POWER :
						LIMEN_HW_REG_TEMPERATURE, &raw);
	*value = power ? raw * (long)MICROWATT_PER_MILLIWATT : (s32)raw;
	return ret;
}

static const struct hwmon_ops limen_hwmon_ops = {
	.is_visible = limen_hwmon_visible,
	.read = limen_hwmon_read,
};

static const struct hwmon_channel_info * const limen_hwmon_channels[] = {
	HWMON_CHANNEL_INFO(temp, HWMON_T_INPUT),
	HWMON_CHANNEL_INFO(power, HWMON_P_INPUT),
	NULL
};

static const struct hwmon_chip_info limen_hwmon_chip = {
	.ops = &limen_hwmon_ops,
	.info = limen_hwmon_channels,
};

/**
 * limen_hwmon_register() - show the sensors, if the board has any
 * @limen: device; its bus device's resources go before it does
 *
 * A board whose sensors cannot be shown is still good to work with.
 */
void limen_hwmon_register(struct limen_device *limen)
{
	struct device *hwmon;

	if (!(limen->features & LIMEN_HW_FEATURE_SENSORS))
		return;
	hwmon = devm_hwmon_device_register_with_info(limen->drm.dev, "limen",
						     limen, &limen_hwmon_chip,
						     NULL);
	if (IS_ERR(hwmon))
		dev_warn(limen->drm.dev, "no sensors: %pe\n", hwmon);
}
